# T50. A command is accepted that is a hundred times as large as a message may be, and larger than
# everything that may be on its way to a peer. It goes alone, the others wait for it, and all nodes
# get it.

nodes 3 batch-bytes=1000 inflight-bytes=4000
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 200
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
set 1 key0 a
       0.256  node 1  is asked (1): SET key0 a (1 bytes)
set 1 key1 b 100000
       0.256  node 1  is asked (2): SET key1 bbbbbbbbbbbb... (100000 bytes)
set 1 key2 c
       0.256  node 1  is asked (3): SET key2 c (1 bytes)
messages on
run 20
       0.256  node 1  to 2, term 2: append 1 after 2 of term 2, committed is 2
       0.256  node 1  to 3, term 2: append 1 after 2 of term 2, committed is 2
       0.257  node 3  to 1, term 2: have up to 2
       0.257  node 2  to 1, term 2: have up to 2
       0.258  node 2  to 1, term 2: have up to 3
       0.259  node 3  to 1, term 2: have up to 3
       0.259  node 1  commits up to 3
       0.259  node 1  to 2, term 2: append 1 after 3 of term 2, committed is 3
       0.259  node 1  answers (1): done, index 3
       0.259  world   request 1 done: OK
       0.260  node 1  to 3, term 2: append 1 after 3 of term 2, committed is 3
       0.262  node 2  to 1, term 2: have up to 4
       0.262  node 3  to 1, term 2: have up to 4
       0.263  node 1  commits up to 4
       0.263  node 1  answers (2): done, index 4
       0.263  world   request 2 done: OK
       0.263  node 1  to 2, term 2: append 1 after 4 of term 2, committed is 4
       0.263  node 1  to 3, term 2: append 1 after 4 of term 2, committed is 4
       0.265  node 2  to 1, term 2: have up to 5
       0.265  node 3  to 1, term 2: have up to 5
       0.266  node 1  commits up to 5
       0.266  node 1  answers (3): done, index 5
       0.266  world   request 3 done: OK
messages off
run 200
status
       0.476  node 1  leader in term 2, log up to 5 of term 2, on disk 5, committed 5
       0.476  node 2  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
       0.476  node 3  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
