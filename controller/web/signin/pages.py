"""The pages of signing in, in an order in which the first that fits takes a path."""

from ostiary.controller.web.signin import account, coming, operating, own_tokens, setting_up

SIGN_IN = (coming, setting_up, account, own_tokens, operating)
