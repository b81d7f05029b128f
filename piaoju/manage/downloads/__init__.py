"""打印与下载: asking for the files of many bills, seeing them made, fetching them."""
