"""The flight recorder: the last replies of the cloud, kept in memory and handed out without what is private.

`Recorder` keeps them, `as_document` makes the file of docs/recording.md out of them, and `unknown_shapes` lists what
in them docs/api.md does not know.
"""
