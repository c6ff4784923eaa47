# Changes of members that could take the cluster's quorum away, or that have no meaning, are refused
# with the reason: T27. A voter that does not answer may be removed; a voter without which the rest
# would be no quorum may not. An id is used once.

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
change 1 add 4
run 3000
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.157  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.157  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.159  node 1  commits up to 3
       0.159  node 1  answers the operator: done
change 1 promote 4
run 50
       3.156  node 1  answers the operator: the learner has not caught up yet; try again when its lag is small
kill 3
       3.206  node 3  is killed
run 1500
change 1 remove 2
run 50
       4.706  node 1  answers the operator: too few voters answer: they would not be a quorum after this change
change 1 remove 3
run 500
       4.756  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       4.757  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       4.760  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       4.760  node 1  commits up to 4
       4.761  node 2  is follower in term 2, leader 1, log up to 5, committed 4
       4.763  node 1  commits up to 5
       4.763  node 1  has no link to node 3 any more
       4.763  node 1  answers the operator: done
       4.857  node 2  has no link to node 3 any more
members 1
       5.256  node 1  members of entry 5, committed: 1 votes,2 votes,4 learns to vote
change 1 add 3
run 50
       5.256  node 1  answers the operator: the id belonged to a member that was removed; ids are never used again
change 1 remove 7
run 50
       5.306  node 1  answers the operator: there is no member with this id
change 1 remove 1 remove 2
run 50
       5.356  node 1  answers the operator: a cluster needs at least one voter
