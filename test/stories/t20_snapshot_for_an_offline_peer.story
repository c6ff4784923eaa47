# T20. Node 3 needs a snapshot, and dies while the transfer begins. It is sent nothing while it is
# away: the next transfer begins when it is back and has said what it needs.

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
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
kill 3
       0.106  node 3  is killed
set 1 key0 a
       0.106  node 1  is asked (1): SET key0 a (1 bytes)
set 1 key1 b
       0.106  node 1  is asked (2): SET key1 b (1 bytes)
set 1 key2 c
       0.106  node 1  is asked (3): SET key2 c (1 bytes)
set 1 key3 d
       0.106  node 1  is asked (4): SET key3 d (1 bytes)
run 200
       0.109  node 1  commits up to 6
       0.109  node 1  answers (1): done, index 3
       0.109  node 1  answers (2): done, index 4
       0.109  node 1  answers (3): done, index 5
       0.109  node 1  answers (4): done, index 6
       0.109  world   request 1 done: OK
       0.109  world   request 2 done: OK
       0.109  world   request 3 done: OK
       0.109  world   request 4 done: OK
       0.114  node 1  has saved a snapshot of index 6
       0.157  node 2  has saved a snapshot of index 6
start 3
       0.306  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 33
       0.337  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.338  node 1  node 3 needs a snapshot
peers 1
       0.339  node 1  node 2: follows, has 6, next is 7, promises 0 of 1000 ms
       0.339  node 1  node 3: needs a snapshot, has 2, next is 6, promises 0 of 1000 ms
kill 3
       0.339  node 3  is killed
messages on
run 250
       0.356  node 1  to 2, term 2: append 0 after 6 of term 2, committed is 6
       0.356  node 1  to 3, term 2: append 0 after 6 of term 2, committed is 6
       0.357  node 2  to 1, term 2: have up to 6
       0.456  node 1  to 2, term 2: append 0 after 6 of term 2, committed is 6
       0.456  node 1  to 3, term 2: append 0 after 6 of term 2, committed is 6
       0.457  node 2  to 1, term 2: have up to 6
       0.556  node 1  to 2, term 2: append 0 after 6 of term 2, committed is 6
       0.557  node 2  to 1, term 2: have up to 6
messages off
run 10000
start 3
      10.589  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 1000
      10.625  node 3  is follower in term 2, leader 1, log up to 2, committed 0
      10.627  node 1  node 3 needs a snapshot
      10.641  node 3  has received the snapshot of index 6 from node 1
      10.641  node 3  is follower in term 2, leader 1, log up to 6, committed 6
      10.641  node 3  installs the snapshot of index 6
status
      11.589  node 1  leader in term 2, log up to 6 of term 2, on disk 6, committed 6
      11.589  node 2  follower in term 2, log up to 6 of term 2, on disk 6, committed 6
      11.589  node 3  follower in term 2, log up to 6 of term 2, on disk 6, committed 6
