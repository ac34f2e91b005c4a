# control: open
from attempt import *


def read_host_tmp_file(): return rd('/tmp/mcp_hostsecret')


run(read_host_tmp_file)
