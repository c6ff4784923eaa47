# Three nodes join and two leave in one change: the joint membership needs a majority of the three
# old voters and of the four new ones.

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
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
join 4
       0.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
join 5
       0.106  node 5  starts: term 0, vote 0, snapshot of 0, log 1 to 0
join 6
       0.106  node 6  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 50
change 1 learn 4 learn 5 learn 6
run 500
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.157  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.157  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.159  node 1  commits up to 3
       0.159  node 1  answers the operator: done
       0.178  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.179  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.179  node 4  is learner in term 2, leader 1, log up to 4, committed 3
       0.179  node 3  is follower in term 2, leader 1, log up to 4, committed 3
       0.181  node 1  commits up to 4
       0.186  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       0.188  node 5  is learner in term 2, leader 1, log up to 5, committed 4
       0.188  node 2  is follower in term 2, leader 1, log up to 5, committed 4
       0.188  node 4  is learner in term 2, leader 1, log up to 5, committed 4
       0.188  node 3  is follower in term 2, leader 1, log up to 5, committed 4
       0.190  node 1  commits up to 5
       0.193  node 1  is leader in term 2, leader 1, log up to 6, committed 5
       0.194  node 2  is follower in term 2, leader 1, log up to 6, committed 5
       0.194  node 4  is learner in term 2, leader 1, log up to 6, committed 5
       0.194  node 3  is follower in term 2, leader 1, log up to 6, committed 5
       0.194  node 5  is learner in term 2, leader 1, log up to 6, committed 5
       0.194  node 6  is learner in term 2, leader 1, log up to 6, committed 5
       0.196  node 1  commits up to 6
change 1 promote 4 promote 5 promote 6 remove 2 remove 3
run 500
       0.656  node 1  is leader in term 2, leader 1, log up to 7, committed 6
       0.657  node 5  is follower in term 2, leader 1, log up to 7, committed 6
       0.657  node 4  is follower in term 2, leader 1, log up to 7, committed 6
       0.657  node 3  is follower in term 2, leader 1, log up to 7, committed 6
       0.657  node 2  is follower in term 2, leader 1, log up to 7, committed 6
       0.657  node 6  is follower in term 2, leader 1, log up to 7, committed 6
       0.659  node 1  is leader in term 2, leader 1, log up to 8, committed 7
       0.659  node 1  commits up to 7
       0.660  node 4  is follower in term 2, leader 1, log up to 8, committed 7
       0.660  node 5  is follower in term 2, leader 1, log up to 8, committed 7
       0.661  node 6  is follower in term 2, leader 1, log up to 8, committed 7
       0.663  node 1  commits up to 8
       0.663  node 1  has no link to node 2 any more
       0.663  node 1  has no link to node 3 any more
       0.663  node 1  answers the operator: done
       0.757  node 5  has no link to node 2 any more
       0.757  node 5  has no link to node 3 any more
       0.757  node 4  has no link to node 2 any more
       0.757  node 4  has no link to node 3 any more
       0.757  node 6  has no link to node 2 any more
       0.757  node 6  has no link to node 3 any more
       0.823  node 6  refuses node 2: node 2 was removed from this cluster; its id is never used again
       0.833  node 6  refuses node 3: node 3 was removed from this cluster; its id is never used again
       0.899  node 5  refuses node 3: node 3 was removed from this cluster; its id is never used again
       0.911  node 4  refuses node 3: node 3 was removed from this cluster; its id is never used again
       0.952  node 4  refuses node 2: node 2 was removed from this cluster; its id is never used again
       0.952  node 5  refuses node 2: node 2 was removed from this cluster; its id is never used again
members 1
       1.156  node 1  members of entry 8, committed: 1 votes,4 votes,5 votes,6 votes
members 4
       1.156  node 4  members of entry 8, committed: 1 votes,4 votes,5 votes,6 votes
set 5 key0 a
       1.156  node 5  is asked (1): SET key0 a (1 bytes)
run 50
       1.159  node 6  refuses node 2: node 2 was removed from this cluster; its id is never used again
       1.161  node 1  commits up to 9
       1.162  node 5  answers (1): done, index 9
       1.162  world   request 1 done: OK
