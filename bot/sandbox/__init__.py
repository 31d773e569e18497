"""A Discord of our own on the loopback, with a web page: for trying the bot and for its tests.

It stands beside the product and knows nothing of it: the bot meets it as it meets the real one.
"""
