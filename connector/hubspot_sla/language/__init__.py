"""Languages: texts by catalogue, instants and lengths in the form that the readers of a language expect.

A text is looked up by its English wording, which stands in the code. The other languages are files in `catalogues/`,
one each, in the format of gettext. What is not a text of ours (subjects, names of stages, tiers) is never translated.
"""
