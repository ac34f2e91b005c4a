from attempt import *


def kill_parent_launcher(): 
    need(PP>1,'ppid<=1'); os.kill(PP,0); return PP


run(kill_parent_launcher)
