# T49. An entry contains bytes that are no command. Every node applies it in the same way: with an
# error as its answer, and no change. A replay after a restart of all does the same.

nodes 3 snapshot-every=8
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
set 1 key0 a
       0.056  node 1  is asked (1): SET key0 a (1 bytes)
run 50
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
bytes 2 nonsense
       0.106  node 2  is asked (2): bytes that are no command, key0 nonsense (8 bytes)
set 2 key1 b
       0.106  node 2  is asked (3): SET key1 b (1 bytes)
run 50
       0.111  node 1  commits up to 5
       0.112  node 2  answers (2): done, index 4
       0.112  node 2  answers (3): done, index 5
       0.112  world   request 2 done: ERR this version of raftd cannot read the request; run one version of raftd on all nodes
       0.112  world   request 3 done: OK
kill 1
       0.156  node 1  is killed
kill 2
       0.156  node 2  is killed
kill 3
       0.156  node 3  is killed
start 1
       0.156  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 5
start 2
       0.156  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 5
start 3
       0.156  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 5
run 100
elect 3
       0.256  node 3  is pre-candidate in term 2, leader 0, log up to 5, committed 0
       0.258  node 3  is candidate in term 3, leader 0, log up to 5, committed 0
       0.261  node 1  is follower in term 3, leader 0, log up to 5, committed 0
       0.261  node 2  is follower in term 3, leader 0, log up to 5, committed 0
       0.263  node 3  is leader in term 3, leader 3, log up to 6, committed 0
run 50
       0.264  node 2  is follower in term 3, leader 3, log up to 6, committed 0
       0.264  node 1  is follower in term 3, leader 3, log up to 6, committed 0
       0.266  node 3  commits up to 6
get 1 key0
       0.313  node 1  is asked (4): GET key0
get 2 key1
       0.313  node 2  is asked (5): GET key1
run 50
       0.317  node 2  answers (5): done, index 6
       0.317  world   request 5 done: b
       0.317  node 1  answers (4): done, index 6
       0.317  world   request 4 done: a
