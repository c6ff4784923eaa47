# T26. While the membership is joint, nothing is committed and no read is answered without a majority
# of the old voters 1, 2 and 3. The leader and the two new voters alone are a majority of the new
# ones only.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 3
       0.050  node 3  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 3  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 1  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 3  is leader in term 2, leader 3, log up to 2, committed 0
run 50
       0.057  node 1  is follower in term 2, leader 3, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 3, log up to 2, committed 0
       0.060  node 3  commits up to 2
join 4
       0.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
join 5
       0.106  node 5  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 50
change 3 learn 4 learn 5
run 500
       0.156  node 3  is leader in term 2, leader 3, log up to 3, committed 2
       0.157  node 1  is follower in term 2, leader 3, log up to 3, committed 2
       0.157  node 2  is follower in term 2, leader 3, log up to 3, committed 2
       0.159  node 3  commits up to 3
       0.159  node 3  answers the operator: done
       0.175  node 3  is leader in term 2, leader 3, log up to 4, committed 3
       0.176  node 1  is follower in term 2, leader 3, log up to 4, committed 3
       0.176  node 5  is learner in term 2, leader 3, log up to 4, committed 3
       0.176  node 2  is follower in term 2, leader 3, log up to 4, committed 3
       0.178  node 3  commits up to 4
       0.186  node 3  is leader in term 2, leader 3, log up to 5, committed 4
       0.187  node 1  is follower in term 2, leader 3, log up to 5, committed 4
       0.187  node 4  is learner in term 2, leader 3, log up to 5, committed 4
       0.187  node 5  is learner in term 2, leader 3, log up to 5, committed 4
       0.187  node 2  is follower in term 2, leader 3, log up to 5, committed 4
       0.189  node 3  commits up to 5
isolate 1
isolate 2
change 3 promote 4 promote 5 remove 1 remove 2
run 20
       0.656  node 3  is leader in term 2, leader 3, log up to 6, committed 5
       0.657  node 4  is follower in term 2, leader 3, log up to 6, committed 5
       0.657  node 5  is follower in term 2, leader 3, log up to 6, committed 5
members 3
       0.676  node 3  members of entry 6, not committed, joint: 1 outgoing,2 outgoing,3 votes outgoing,4 votes,5 votes
set 3 key0 a
       0.676  node 3  is asked (1): SET key0 a (1 bytes)
get 3 key0
       0.676  node 3  is asked (2): GET key0
run 300
status
       0.976  node 1  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
       0.976  node 2  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
       0.976  node 3  leader in term 2, log up to 7 of term 2, on disk 7, committed 5
       0.976  node 4  follower in term 2, log up to 7 of term 2, on disk 7, committed 5
       0.976  node 5  follower in term 2, log up to 7 of term 2, on disk 7, committed 5
heal 1 3
run 300
       1.058  node 3  answers (2): done, index 5
       1.058  world   request 2 done: nothing
       1.059  node 1  is follower in term 2, leader 3, log up to 7, committed 5
       1.061  node 3  is leader in term 2, leader 3, log up to 8, committed 7
       1.061  node 3  commits up to 7
       1.061  node 3  answers (1): done, index 7
       1.061  world   request 1 done: OK
       1.062  node 4  is follower in term 2, leader 3, log up to 8, committed 7
       1.062  node 5  is follower in term 2, leader 3, log up to 8, committed 7
       1.064  node 3  commits up to 8
       1.064  node 3  has no link to node 1 any more
       1.064  node 3  has no link to node 2 any more
       1.064  node 3  answers the operator: done
       1.157  node 5  has no link to node 1 any more
       1.157  node 5  has no link to node 2 any more
       1.157  node 4  has no link to node 1 any more
       1.157  node 4  has no link to node 2 any more
       1.178  node 3  refuses node 1: node 1 was removed from this cluster; its id is never used again
members 3
       1.276  node 3  members of entry 8, committed: 3 votes,4 votes,5 votes
