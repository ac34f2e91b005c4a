# control: open
from attempt import *


def read_etc_passwd_hostusers():
    names = {line.split(b':')[0] for line in rd('/etc/passwd', 99999).splitlines()}
    need(names - {b'root', b'mcp', b'nobody'}, names)
    return len(names)


run(read_etc_passwd_hostusers)
