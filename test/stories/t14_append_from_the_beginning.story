# T14. The log of node 3 was compacted: it begins after index 5. A message arrives that no leader
# would send: an append that begins at the very beginning. Its entries contradict what is committed,
# so node 3 takes none of them, and answers what it has committed.

nodes 3 snapshot-every=4 snapshot-tail=0
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
set 1 key1 b
       0.056  node 1  is asked (2): SET key1 b (1 bytes)
set 1 key2 c
       0.056  node 1  is asked (3): SET key2 c (1 bytes)
run 300
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.062  node 1  commits up to 5
       0.062  node 1  answers (1): done, index 3
       0.062  node 1  answers (2): done, index 4
       0.062  node 1  answers (3): done, index 5
       0.062  world   request 1 done: OK
       0.062  world   request 2 done: OK
       0.062  world   request 3 done: OK
       0.062  node 1  has saved a snapshot of index 5
       0.157  node 2  has saved a snapshot of index 5
       0.160  node 3  has saved a snapshot of index 5
log 3
       0.356  node 3  log: empty
messages on
forge 1 -> 3 2 append 0 0 4
run 3
       0.356  node 3  to 1, term 2: have up to 5
       0.357  node 2  to 1, term 2: have up to 5
       0.357  node 3  to 1, term 2: have up to 5
messages off
log 3
       0.359  node 3  log: empty
status
       0.359  node 1  leader in term 2, log up to 5 of term 2, on disk 5, committed 5
       0.359  node 2  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
       0.359  node 3  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
get 3 key2
       0.359  node 3  is asked (4): GET key2
run 50
       0.364  node 3  answers (4): done, index 5
       0.364  world   request 4 done: c
