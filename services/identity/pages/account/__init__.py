"""The account (我的账户): what a person sees and changes of himself, one file per page."""
