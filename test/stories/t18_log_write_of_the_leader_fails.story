# T18. The leader's disk refuses to write an entry. A leader that goes on could give the same index
# to another entry in the same term. It ends at once; another node leads, and the client's command,
# which two nodes have, is committed once. The old leader starts again and follows.

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
fail 1 write
incr 1 key0
       0.156  node 1  is asked (1): INCRBY key0 1
run 20
       0.157  node 1  ends: cannot append to /data/wal-0000000000000001.log: Input/output error; the disk reports an error: see the kernel's log
       0.157  node 1  is killed
       0.157  world   request 1 may have been carried out, or may be later
run 3000
       1.157  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 2
       1.508  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 2
       1.510  node 3  is candidate in term 3, leader 0, log up to 3, committed 2
       1.512  node 2  is follower in term 3, leader 0, log up to 3, committed 2
       1.512  node 1  is follower in term 3, leader 0, log up to 2, committed 0
       1.514  node 3  is leader in term 3, leader 3, log up to 4, committed 2
       1.515  node 2  is follower in term 3, leader 3, log up to 4, committed 2
       1.515  node 1  is follower in term 3, leader 3, log up to 2, committed 0
       1.517  node 3  commits up to 4
status
       3.176  node 1  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       3.176  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       3.176  node 3  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
get 2 key0
       3.176  node 2  is asked (2): GET key0
run 50
       3.181  node 2  answers (2): done, index 4
       3.181  world   request 2 done: 1
