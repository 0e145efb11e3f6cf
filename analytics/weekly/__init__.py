"""The weekly report: frozen figures of one local ISO week, the files made of them, and their editions.

`docs/weekly.md` says what every figure means.
"""
