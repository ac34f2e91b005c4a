from attempt import *


def read_memory_of_process_1():
    with open('/proc/1/maps') as f:
        area = f.readline()
    need(area, 'empty')
    with open('/proc/1/mem', 'rb') as f:
        f.seek(int(area.split('-')[0], 16))
        return f.read(16)


run(read_memory_of_process_1)
