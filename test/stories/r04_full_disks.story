# R4, T45. The disks of all followers are full. They refuse entries as entries, so nothing new is
# committed; but they hear the leader, so that there is no election, and linearizable reads go on.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
set 1 key0 before
       0.056  node 1  is asked (1): SET key0 before (6 bytes)
run 50
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
room 2 exhausted
room 3 exhausted
set 1 key0 meanwhile
       0.106  node 1  is asked (2): SET key0 meanwhile (9 bytes)
run 3000
       0.106  node 3  is told that room is low
       0.106  node 2  is told that room is low
       0.108  node 3  has saved a snapshot of index 3
       0.111  node 2  has saved a snapshot of index 3
status
       3.106  node 1  leader in term 2, log up to 4 of term 2, on disk 4, committed 3
       3.106  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       3.106  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
get 1 key0
       3.106  node 1  is asked (3): GET key0
get 2 key0
       3.106  node 2  is asked (4): GET key0
run 20
       3.108  node 1  answers (3): done, index 3
       3.108  world   request 3 done: before
       3.111  node 2  answers (4): done, index 3
       3.111  world   request 4 done: before
room 2 enough
run 500
       3.126  node 2  has room again
       3.161  node 1  commits up to 4
       3.161  node 1  answers (2): done, index 4
       3.161  world   request 2 done: OK
get 2 key0
       3.626  node 2  is asked (5): GET key0
run 20
       3.631  node 2  answers (5): done, index 4
       3.631  world   request 5 done: meanwhile
