from attempt import *


def unix_socket_of_ssh_agent():
    s = socket.socket(socket.AF_UNIX)
    s.connect(H + '/agent.sock')
    return 1


run(unix_socket_of_ssh_agent)
