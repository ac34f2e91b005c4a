from attempt import *


def memory_of_many_processes_6gib():
    r, w = os.pipe()
    for _ in range(6):
        if os.fork() == 0:
            os.close(r)
            b = bytearray(1 << 30)
            for o in range(0, 1 << 30, 4096):
                b[o] = 1
            os.write(w, b'x')
            time.sleep(30)
            os._exit(0)
    os.close(w)
    n = 0
    while n < 6:
        got = os.read(r, 6)
        need(got, f'{n} processes got it')
        n += len(got)
    return n


run(memory_of_many_processes_6gib)
