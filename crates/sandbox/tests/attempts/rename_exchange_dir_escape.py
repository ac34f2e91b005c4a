from attempt import *


def rename_exchange_dir_escape(): return rd(RW+'/../../.ssh/id_rsa') if os.path.exists(RW+'/../../.ssh/id_rsa') else need(False,'ENOENT')


run(rename_exchange_dir_escape)
