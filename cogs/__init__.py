"""Everything that imports discord; one command family per file.

A file without a leading underscore is an extension: it has a Cog and `setup(client)`, and the
client finds it by walking this folder.
"""
