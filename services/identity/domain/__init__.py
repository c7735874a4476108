"""The rules of identity: pure, and in the words of the law and of the RFCs."""
