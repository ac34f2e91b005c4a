from attempt import *


def add_key():
    return scok(248, b'user', b'mcp', b'x', 1, -5)


run(add_key)
