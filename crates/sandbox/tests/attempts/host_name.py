# control: open
from attempt import *


def host_name():
    need(os.uname().nodename == os.environ['HOSTNAME_OUTSIDE'], os.uname().nodename)
    return os.uname().nodename


run(host_name)
