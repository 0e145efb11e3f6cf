"""The open interface of reports and cases, version 1."""
