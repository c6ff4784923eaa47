# T12. The disks of the leader and of follower 3 hang. Follower 2 acknowledges an entry, and both
# others have it in memory only: that is one copy of three, and nothing is committed, whatever they
# answer to heartbeats. When one of the two disks has it, it is.

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
run 100
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
stall 1 2000
stall 3 4000
set 1 key0 a
       0.156  node 1  is asked (1): SET key0 a (1 bytes)
run 500
status
       0.656  node 1  leader in term 2, log up to 3 of term 2, on disk 2, committed 2
       0.656  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 2
       0.656  node 3  follower in term 2, log up to 3 of term 2, on disk 2, committed 2
peers 1
       0.656  node 1  node 2: follows, has 3, next is 4, promises 0 of 1000 ms
       0.656  node 1  node 3: follows, has 2, next is 4, promises 0 of 1000 ms
run 1600
       2.157  node 1  commits up to 3
       2.157  node 1  answers (1): done, index 3
       2.157  world   request 1 done: OK
status
       2.256  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       2.256  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 2
       2.256  node 3  follower in term 2, log up to 3 of term 2, on disk 2, committed 2
peers 1
       2.256  node 1  node 2: follows, has 3, next is 4, promises 0 of 1000 ms
       2.256  node 1  node 3: follows, has 2, next is 4, promises 0 of 1000 ms
