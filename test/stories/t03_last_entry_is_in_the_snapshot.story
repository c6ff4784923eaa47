# T3. The log of node 1 ends with its snapshot: no entry is left after it. Node 3 missed those entries
# and campaigns. Node 1 compares its last term and index, which are those of the snapshot, and gives
# no vote; then it is elected itself.

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
run 200
       0.109  node 1  commits up to 4
       0.109  node 1  answers (1): done, index 3
       0.109  node 1  answers (2): done, index 4
       0.109  world   request 1 done: OK
       0.109  world   request 2 done: OK
       0.110  node 1  has saved a snapshot of index 4
       0.160  node 2  has saved a snapshot of index 4
kill 2
       0.306  node 2  is killed
kill 1
       0.306  node 1  is killed
start 1
       0.306  node 1  starts: term 2, vote 1, snapshot of 4, log 5 to 4
start 3
       0.306  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 1000
log 1
       1.306  node 1  log: empty
log 3
       1.306  node 3  log: 1 members of 1, 2 no-op of 2
messages on
campaign 3
run 50
       1.306  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.306  node 3  to 1, term 3: would you vote for me, my log ends with 2 of term 2
       1.307  node 1  to 3, term 2: no, if it came to it
messages off
run 5000
       2.006  node 1  is pre-candidate in term 2, leader 0, log up to 4, committed 4
       2.008  node 1  is candidate in term 3, leader 0, log up to 4, committed 4
       2.010  node 3  is follower in term 3, leader 0, log up to 2, committed 0
       2.012  node 1  is leader in term 3, leader 1, log up to 5, committed 4
       2.013  node 3  is follower in term 3, leader 1, log up to 2, committed 0
       2.014  node 1  node 3 needs a snapshot
       2.030  node 3  has received the snapshot of index 4 from node 1
       2.030  node 3  is follower in term 3, leader 1, log up to 4, committed 4
       2.030  node 3  installs the snapshot of index 4
       2.036  node 1  commits up to 5
status
       6.356  node 1  leader in term 3, log up to 5 of term 3, on disk 5, committed 5
       6.356  node 2  is down
       6.356  node 3  follower in term 3, log up to 5 of term 3, on disk 5, committed 5
