# T43. A sync of a follower's log fails. The bytes may be lost although the next sync would succeed,
# so the node ends at once and acknowledges nothing. It starts again with what its disk has, and gets
# the rest from the leader.

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
fail 2 sync
set 1 key0 a
       0.156  node 1  is asked (1): SET key0 a (1 bytes)
run 20
       0.158  node 2  ends: cannot sync /data/wal-0000000000000001.log: Input/output error; the disk reports an error: see the kernel's log
       0.158  node 2  is killed
       0.159  node 1  commits up to 3
       0.159  node 1  answers (1): done, index 3
       0.159  world   request 1 done: OK
run 2000
       1.158  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 2
       1.169  node 2  is follower in term 2, leader 1, log up to 3, committed 3
status
       2.176  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       2.176  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       2.176  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
