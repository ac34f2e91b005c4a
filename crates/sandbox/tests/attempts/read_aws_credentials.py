# control: open
from attempt import *


def read_aws_credentials(): return rd(H+'/.aws/credentials')


run(read_aws_credentials)
