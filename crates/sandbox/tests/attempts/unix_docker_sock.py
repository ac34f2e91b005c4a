from attempt import *


def unix_docker_sock():
    s=socket.socket(socket.AF_UNIX); s.settimeout(2); s.connect('/run/fake-docker.sock'); s.send(b'x'); need(s.recv(10)==b'ok'); return 1


run(unix_docker_sock)
