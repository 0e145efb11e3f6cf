"""Photos: taken at the door, cleaned in a locked-up child process, stored by what they contain."""
