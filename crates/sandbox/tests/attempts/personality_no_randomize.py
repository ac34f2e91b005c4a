# control: open
from attempt import *


def personality_no_randomize():
    return scok(135, 0x0040000) + 1


run(personality_no_randomize)
