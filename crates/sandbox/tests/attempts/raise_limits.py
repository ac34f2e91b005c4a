from attempt import *


def raise_limits():
    for which in (resource.RLIMIT_NPROC, resource.RLIMIT_DATA, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        soft, hard = resource.getrlimit(which)
        if hard == resource.RLIM_INFINITY:
            return which
        try:
            resource.setrlimit(which, (hard + 1, hard + 1))
            return which
        except (ValueError, OSError):
            pass
    raise Blk('none')


run(raise_limits)
