# T11. Node 1 was leader and has entries that nobody else got. It comes back as a follower, and the
# new leader has committed other entries at the same indexes. The first append covers the common
# part of the logs only, although it says how far the leader has committed: node 1 commits no entry
# that this append does not cover.

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
isolate 1
set 1 key0 lost
       0.156  node 1  is asked (1): SET key0 lost (4 bytes)
set 1 key1 lost
       0.156  node 1  is asked (2): SET key1 lost (4 bytes)
run 2600
       1.156  node 1  is follower in term 2, leader 0, log up to 4, committed 2
       1.595  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.597  node 3  is candidate in term 3, leader 0, log up to 2, committed 0
       1.599  node 2  is follower in term 3, leader 0, log up to 2, committed 0
       1.601  node 3  is leader in term 3, leader 3, log up to 3, committed 0
       1.602  node 2  is follower in term 3, leader 3, log up to 3, committed 0
       1.604  node 3  commits up to 3
set 2 key0 a
       2.756  node 2  is asked (3): SET key0 a (1 bytes)
set 2 key1 b
       2.756  node 2  is asked (4): SET key1 b (1 bytes)
run 100
       2.761  node 3  commits up to 5
       2.762  node 2  answers (3): done, index 4
       2.762  node 2  answers (4): done, index 5
       2.762  world   request 3 done: OK
       2.762  world   request 4 done: OK
log 1
       2.856  node 1  log: 1 members of 1, 2 no-op of 2, 3 command of 2, 4 command of 2
messages on
heal
run 110
       2.901  node 3  to 1, term 3: append 0 after 0 of term 0, committed is 5
       2.901  node 3  to 1, term 3: append 0 after 3 of term 3, committed is 5
       2.901  node 3  to 2, term 3: append 0 after 5 of term 3, committed is 5
       2.902  node 1  is follower in term 3, leader 3, log up to 4, committed 2
       2.902  node 2  to 3, term 3: have up to 5
       2.903  node 1  to 3, term 3: have up to 2
       2.903  node 1  to 3, term 3: refuse after 3
       2.904  node 3  to 1, term 3: append 3 after 2 of term 2, committed is 5
       2.906  node 1  to 3, term 3: have up to 5
       2.915  node 1  to 3, term 3: propose 2
       2.916  node 3  to 1, term 3: append 2 after 5 of term 3, committed is 5
       2.916  node 3  to 2, term 3: append 2 after 5 of term 3, committed is 5
       2.918  node 2  to 3, term 3: have up to 7
       2.918  node 1  to 3, term 3: have up to 7
       2.919  node 3  commits up to 7
       2.919  node 3  to 1, term 3: append 0 after 7 of term 3, committed is 7
       2.920  node 1  to 3, term 3: have up to 7
       2.920  node 1  answers (1): done, index 6
       2.920  node 1  answers (2): done, index 7
       2.920  world   request 1 done: OK
       2.920  world   request 2 done: OK
messages off
run 300
log 1
       3.266  node 1  log: 1 members of 1, 2 no-op of 2, 3 no-op of 3, 4 command of 3, 5 command of 3, 6 command of 3, 7 command of 3
status
       3.266  node 1  follower in term 3, log up to 7 of term 3, on disk 7, committed 7
       3.266  node 2  follower in term 3, log up to 7 of term 3, on disk 7, committed 7
       3.266  node 3  leader in term 3, log up to 7 of term 3, on disk 7, committed 7
