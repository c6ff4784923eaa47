# T21. A leader that is cut off confirms no read, although it still believes that it leads. What the
# others acknowledge meanwhile is never contradicted.

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
run 20
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
isolate 1
get 1 key0
       0.076  node 1  is asked (2): GET key0
run 1600
       1.156  node 1  is follower in term 2, leader 0, log up to 3, committed 3
       1.171  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 0
       1.173  node 3  is candidate in term 3, leader 0, log up to 3, committed 0
       1.175  node 2  is follower in term 3, leader 0, log up to 3, committed 0
       1.177  node 3  is leader in term 3, leader 3, log up to 4, committed 0
       1.178  node 2  is follower in term 3, leader 3, log up to 4, committed 0
       1.180  node 3  commits up to 4
status
       1.676  node 1  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       1.676  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       1.676  node 3  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
set 2 key0 new
       1.676  node 2  is asked (3): SET key0 new (3 bytes)
run 50
       1.681  node 3  commits up to 5
       1.682  node 2  answers (3): done, index 5
       1.682  world   request 3 done: OK
get 1 key0
       1.726  node 1  is asked (4): GET key0
run 6000
       2.952  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 3
       5.076  node 1  answers (2): no leader with a quorum, index 0
       5.076  world   request 2 had no effect and will have none
       6.726  node 1  answers (4): no leader with a quorum, index 0
       6.726  world   request 4 had no effect and will have none
heal
run 1000
       7.778  node 1  is follower in term 3, leader 3, log up to 3, committed 3
get 1 key0
       8.726  node 1  is asked (5): GET key0
run 20
       8.730  node 1  answers (5): done, index 5
       8.730  world   request 5 done: new
