from attempt import *


def open_tree_clone():
    return scok(428, -100, b'/', 1)


run(open_tree_clone)
