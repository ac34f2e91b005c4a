from attempt import *


def fanotify():
    return scok(300, 0, 0)


run(fanotify)
