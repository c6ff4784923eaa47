# T23. A leader that offers its leadership to another node gives its lease up at once: the order to
# campaign may arrive late, and the other node may be elected although the promises are still valid.

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
set 1 key0 old
       0.056  node 1  is asked (1): SET key0 old (3 bytes)
run 200
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
get 1 key0 lease
       0.256  node 1  is asked (2): GET key0
run 300
       0.259  node 1  answers (2): done, index 3
       0.259  world   request 2 done: old
lease 1
       0.556  node 1  its lease: 800 ms are left
hold 1 -> 2
handover 1 2
run 5
       0.556  node 1  is leader in term 2, leader 1, log up to 3, committed 3
       0.556  node 1  answers the operator: leadership is being handed over
lease 1
       0.561  node 1  its lease: 0 ms are left
isolate 1
heal 1 2
cut 2 -> 1
run 50
       0.561  node 2  is candidate in term 3, leader 0, log up to 3, committed 3
       0.563  node 3  is follower in term 3, leader 0, log up to 3, committed 3
       0.566  node 2  is leader in term 3, leader 2, log up to 4, committed 3
       0.567  node 3  is follower in term 3, leader 2, log up to 4, committed 3
       0.569  node 2  commits up to 4
set 3 key0 new
       0.611  node 3  is asked (3): SET key0 new (3 bytes)
get 1 key0 lease
       0.611  node 1  is asked (4): GET key0
run 1500
       0.616  node 2  commits up to 5
       0.617  node 3  answers (3): done, index 5
       0.617  world   request 3 done: OK
       1.556  node 1  is leader in term 2, leader 1, log up to 3, committed 3
       1.656  node 1  is follower in term 2, leader 0, log up to 3, committed 3
