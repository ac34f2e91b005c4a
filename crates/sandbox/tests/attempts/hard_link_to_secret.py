from attempt import *


def hard_link_to_secret():
    os.link(H + '/.ssh/id_rsa', RW + '/hard')
    return rd(RW + '/hard')


run(hard_link_to_secret)
