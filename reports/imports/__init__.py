"""Files of reports, many at once, by the rules of one."""
