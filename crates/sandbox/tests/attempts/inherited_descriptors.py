from attempt import *


def inherited_descriptors():
    extra = []
    for fd in range(3, 1024):
        try:
            os.fstat(fd)
            extra.append(fd)
        except OSError:
            pass
    need(extra, 'none')
    return extra


run(inherited_descriptors)
