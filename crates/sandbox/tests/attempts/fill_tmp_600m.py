from attempt import *


def fill_tmp_600m(): return fill(os.environ.get('TMPDIR','/tmp'))


run(fill_tmp_600m)
