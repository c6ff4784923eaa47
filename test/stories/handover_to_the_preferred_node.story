# Leadership moves to the voter with the highest priority that answers and has the log: to node 2
# while node 3 is cut off, and then to node 3.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
options 2 priority=5
options 3 priority=9
kill 2
       0.050  node 2  is killed
kill 3
       0.050  node 3  is killed
start 2
       0.050  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
start 3
       0.050  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
run 100
elect 1
       0.150  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.152  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.154  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.154  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.156  node 1  is leader in term 2, leader 1, log up to 2, committed 0
isolate 3
run 4000
       0.157  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.159  node 1  commits up to 2
       1.267  node 3  is pre-candidate in term 2, leader 0, log up to 1, committed 0
       2.156  node 1  is leader in term 2, leader 1, log up to 2, committed 2
       2.157  node 2  is candidate in term 3, leader 0, log up to 2, committed 2
       2.159  node 1  is follower in term 3, leader 0, log up to 2, committed 2
       2.161  node 2  is leader in term 3, leader 2, log up to 3, committed 2
       2.162  node 1  is follower in term 3, leader 2, log up to 3, committed 2
       2.165  node 2  commits up to 3
status
       4.156  node 1  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.156  node 2  leader in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.156  node 3  pre-candidate in term 2, log up to 1 of term 1, on disk 1, committed 0
heal
run 12000
       4.162  node 3  is follower in term 3, leader 2, log up to 1, committed 0
       4.167  node 2  is leader in term 3, leader 2, log up to 3, committed 3
       4.168  node 3  is candidate in term 4, leader 0, log up to 3, committed 3
       4.170  node 1  is follower in term 4, leader 0, log up to 3, committed 3
       4.170  node 2  is follower in term 4, leader 0, log up to 3, committed 3
       4.172  node 3  is leader in term 4, leader 3, log up to 4, committed 3
       4.173  node 2  is follower in term 4, leader 3, log up to 4, committed 3
       4.174  node 1  is follower in term 4, leader 3, log up to 4, committed 3
       4.176  node 3  commits up to 4
status
      16.156  node 1  follower in term 4, log up to 4 of term 4, on disk 4, committed 4
      16.156  node 2  follower in term 4, log up to 4 of term 4, on disk 4, committed 4
      16.156  node 3  leader in term 4, log up to 4 of term 4, on disk 4, committed 4
