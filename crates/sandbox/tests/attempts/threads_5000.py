from attempt import *


def threads_5000():
    e = threading.Event()
    n = 0
    threading.stack_size(65536)
    try:
        for n in range(5000):
            threading.Thread(target=e.wait, daemon=True).start()
    except RuntimeError as x:
        e.set()
        raise Blk(f'{x} at {n}')
    e.set()
    return n


run(threads_5000)
