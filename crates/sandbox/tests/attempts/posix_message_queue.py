from attempt import *


def posix_message_queue():
    return scok(240, b'mcp', 0o102, 0o666, 0)


run(posix_message_queue)
