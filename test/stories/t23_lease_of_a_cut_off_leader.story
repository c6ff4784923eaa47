# T23. A leader that is cut off answers reads by lease only as long as no other node can have been
# elected. Then such a read waits for a quorum, as every read without a lease does.

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
run 300
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
get 1 key0 lease
       0.356  node 1  is asked (2): GET key0
run 300
       0.359  node 1  answers (2): done, index 3
       0.359  world   request 2 done: old
get 1 key0 lease
       0.656  node 1  is asked (3): GET key0
run 20
       0.656  node 1  answers (3): done, index 3
       0.656  world   request 3 done: old
isolate 1
get 1 key0 lease
       0.676  node 1  is asked (4): GET key0
run 900
       0.676  node 1  answers (4): done, index 3
       0.676  world   request 4 done: old
get 1 key0 lease
       1.576  node 1  is asked (5): GET key0
run 1500
       1.746  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 3
       1.748  node 3  is candidate in term 3, leader 0, log up to 3, committed 3
       1.750  node 2  is follower in term 3, leader 0, log up to 3, committed 3
       1.752  node 3  is leader in term 3, leader 3, log up to 4, committed 3
       1.754  node 2  is follower in term 3, leader 3, log up to 4, committed 3
       1.756  node 3  commits up to 4
       1.756  node 1  is follower in term 2, leader 0, log up to 3, committed 3
status
       3.076  node 1  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       3.076  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       3.076  node 3  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
set 2 key0 new
       3.076  node 2  is asked (6): SET key0 new (3 bytes)
run 100
       3.081  node 3  commits up to 5
       3.082  node 2  answers (6): done, index 5
       3.082  world   request 6 done: OK
get 1 key0 lease
       3.176  node 1  is asked (7): GET key0
run 6000
       3.552  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 3
       6.576  node 1  answers (5): no leader with a quorum, index 0
       6.576  world   request 5 had no effect and will have none
       8.176  node 1  answers (7): no leader with a quorum, index 0
       8.176  world   request 7 had no effect and will have none
heal
run 500
       9.253  node 1  is follower in term 3, leader 3, log up to 3, committed 3
get 1 key0 lease
       9.676  node 1  is asked (8): GET key0
run 50
       9.679  node 1  answers (8): done, index 5
       9.679  world   request 8 done: new
