"""The lists of cases at the desk: which ones, in which order, found by which words, and named by which place."""
