# R2, T61. Node 3 is down, and nodes 1 and 2 acknowledge a write. Then the directory of node 2 is
# lost, and node 2 starts again under its old configuration. If it voted as the old node 2, it would
# elect node 3 while node 1 is down, and the write would be gone. But the log binds the id to
# another identity: node 2 does not found a cluster, nobody counts it, and there is no leader until
# node 1 is back. Then an operator replaces it.

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
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
kill 3
       0.106  node 3  is killed
set 1 key0 acknowledged
       0.106  node 1  is asked (1): SET key0 acknowledged (12 bytes)
run 50
       0.109  node 1  commits up to 3
       0.109  node 1  answers (1): done, index 3
       0.109  world   request 1 done: OK
directory 2 lost
       0.156  node 2  is killed
       0.156  node 2  its directory is now emptied
       0.156  node 2  asks the other founders
run 2000
       1.156  node 1  is follower in term 2, leader 0, log up to 3, committed 3
kill 1
       2.156  node 1  is killed
start 3
       2.156  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 4000
       3.529  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 0
status
       6.156  node 1  is down
       6.156  node 2  is down
       6.156  node 3  pre-candidate in term 2, log up to 2 of term 2, on disk 2, committed 0
start 1
       6.156  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 3
run 3000
       8.144  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 0
       8.146  node 1  is candidate in term 3, leader 0, log up to 3, committed 0
       8.148  node 3  is follower in term 3, leader 0, log up to 2, committed 0
       8.150  node 1  is leader in term 3, leader 1, log up to 4, committed 0
       8.152  node 3  is follower in term 3, leader 1, log up to 2, committed 0
       8.156  node 1  commits up to 4
get 3 key0
       9.156  node 3  is asked (2): GET key0
run 50
       9.161  node 3  answers (2): done, index 4
       9.161  world   request 2 done: acknowledged
change 1 replace 2 4
join 4
       9.206  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 3000
       9.206  node 1  is leader in term 3, leader 1, log up to 5, committed 4
       9.207  node 3  is follower in term 3, leader 1, log up to 5, committed 4
       9.210  node 1  commits up to 5
       9.210  node 1  answers the operator: done
       9.222  node 1  is leader in term 3, leader 1, log up to 6, committed 5
       9.223  node 3  is follower in term 3, leader 1, log up to 6, committed 5
       9.223  node 4  is learner in term 3, leader 1, log up to 6, committed 5
       9.225  node 1  commits up to 6
       9.452  node 1  is leader in term 3, leader 1, log up to 7, committed 6
       9.453  node 4  is follower in term 3, leader 1, log up to 7, committed 6
       9.453  node 3  is follower in term 3, leader 1, log up to 7, committed 6
       9.455  node 1  is leader in term 3, leader 1, log up to 8, committed 7
       9.455  node 1  commits up to 7
       9.456  node 3  is follower in term 3, leader 1, log up to 8, committed 7
       9.456  node 4  is follower in term 3, leader 1, log up to 8, committed 7
       9.458  node 1  commits up to 8
       9.458  node 1  has no link to node 2 any more
       9.551  node 3  has no link to node 2 any more
       9.551  node 4  has no link to node 2 any more
members 1
      12.206  node 1  members of entry 8, committed: 1 votes,3 votes,4 votes
set 3 key1 later
      12.206  node 3  is asked (3): SET key1 later (5 bytes)
run 50
      12.211  node 1  commits up to 9
      12.212  node 3  answers (3): done, index 9
      12.212  world   request 3 done: OK
