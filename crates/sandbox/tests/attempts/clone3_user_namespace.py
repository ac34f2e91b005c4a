from attempt import *


def clone3_user_namespace():
    return helper('clone3')


run(clone3_user_namespace)
