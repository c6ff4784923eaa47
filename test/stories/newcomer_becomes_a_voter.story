# A node joins through a follower, which forwards the change to the leader, and the operator is told
# "done" when the node is a member. It is a learner first. When it has caught up, the leader makes it
# a voter, by a joint membership and the final one after it.

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
set 1 key0 a
       0.056  node 1  is asked (1): SET key0 a (1 bytes)
run 50
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
join 4
       0.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 50
change 2 add 4
run 1000
       0.157  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.158  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.159  node 3  is follower in term 2, leader 1, log up to 4, committed 3
       0.161  node 1  commits up to 4
       0.162  node 2  answers the operator: done
       0.167  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       0.168  node 2  is follower in term 2, leader 1, log up to 5, committed 4
       0.168  node 4  is learner in term 2, leader 1, log up to 5, committed 4
       0.168  node 3  is follower in term 2, leader 1, log up to 5, committed 4
       0.170  node 1  commits up to 5
       0.458  node 1  is leader in term 2, leader 1, log up to 6, committed 5
       0.459  node 4  is follower in term 2, leader 1, log up to 6, committed 5
       0.459  node 2  is follower in term 2, leader 1, log up to 6, committed 5
       0.459  node 3  is follower in term 2, leader 1, log up to 6, committed 5
       0.461  node 1  is leader in term 2, leader 1, log up to 7, committed 6
       0.461  node 1  commits up to 6
       0.462  node 3  is follower in term 2, leader 1, log up to 7, committed 6
       0.462  node 2  is follower in term 2, leader 1, log up to 7, committed 6
       0.462  node 4  is follower in term 2, leader 1, log up to 7, committed 6
       0.465  node 1  commits up to 7
members 4
       1.156  node 4  members of entry 7, committed: 1 votes,2 votes,3 votes,4 votes
members 1
       1.156  node 1  members of entry 7, committed: 1 votes,2 votes,3 votes,4 votes
change 3 learn 5
run 50
       1.157  node 1  is leader in term 2, leader 1, log up to 8, committed 7
       1.158  node 4  is follower in term 2, leader 1, log up to 8, committed 7
       1.158  node 3  is follower in term 2, leader 1, log up to 8, committed 7
       1.158  node 2  is follower in term 2, leader 1, log up to 8, committed 7
       1.161  node 1  commits up to 8
       1.162  node 3  answers the operator: done
members 2
       1.206  node 2  members of entry 8, not committed: 1 votes,2 votes,3 votes,4 votes,5 learns
