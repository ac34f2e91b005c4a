# control: open
from attempt import *


def unix_abstract():
    s=socket.socket(socket.AF_UNIX); s.settimeout(2); s.connect('\0mcp-abs'); s.send(b'x'); need(s.recv(10)==b'ok'); return 1


run(unix_abstract)
