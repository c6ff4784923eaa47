# Node 1 is down while node 4 takes the place of node 3. Then nodes 1 and 4 are a majority, and only
# node 4 can be elected. Node 1 has not heard of it, and node 4, which has the higher id, cannot
# dial node 1. But it asks node 1 whether it is still a member; then node 1 makes the link.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 2
       0.050  node 2  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 2  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 1  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 2  is leader in term 2, leader 2, log up to 2, committed 0
run 50
       0.057  node 1  is follower in term 2, leader 2, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 2, log up to 2, committed 0
       0.060  node 2  commits up to 2
kill 1
       0.106  node 1  is killed
join 4
       0.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 50
change 2 replace 3 4
run 1500
       0.156  node 2  is leader in term 2, leader 2, log up to 3, committed 2
       0.157  node 3  is follower in term 2, leader 2, log up to 3, committed 2
       0.160  node 2  commits up to 3
       0.160  node 2  answers the operator: done
       0.196  node 2  is leader in term 2, leader 2, log up to 4, committed 3
       0.197  node 4  is learner in term 2, leader 2, log up to 4, committed 3
       0.197  node 3  is follower in term 2, leader 2, log up to 4, committed 3
       0.199  node 2  commits up to 4
       0.458  node 2  is leader in term 2, leader 2, log up to 5, committed 4
       0.459  node 4  is follower in term 2, leader 2, log up to 5, committed 4
       0.459  node 3  is follower in term 2, leader 2, log up to 5, committed 4
       0.461  node 2  is leader in term 2, leader 2, log up to 6, committed 5
       0.461  node 2  commits up to 5
       0.462  node 4  is follower in term 2, leader 2, log up to 6, committed 5
       0.465  node 2  commits up to 6
       0.465  node 2  has no link to node 3 any more
       0.557  node 4  has no link to node 3 any more
       0.697  node 4  refuses node 3: node 3 was removed from this cluster; its id is never used again
members 2
       1.656  node 2  members of entry 6, committed: 1 votes,2 votes,4 votes
members 4
       1.656  node 4  members of entry 6, committed: 1 votes,2 votes,4 votes
kill 3
       1.656  node 3  is killed
kill 2
       1.656  node 2  is killed
start 1
       1.656  node 1  starts: term 2, vote 2, snapshot of 0, log 1 to 2
run 6000
       2.982  node 1  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       3.024  node 4  is pre-candidate in term 2, leader 0, log up to 6, committed 6
       4.691  node 4  is candidate in term 3, leader 0, log up to 6, committed 6
       4.693  node 1  is follower in term 3, leader 0, log up to 2, committed 0
       4.695  node 4  is leader in term 3, leader 4, log up to 7, committed 6
       4.696  node 1  is follower in term 3, leader 4, log up to 2, committed 0
       4.699  node 1  is follower in term 3, leader 4, log up to 7, committed 6
       4.699  node 1  has no link to node 3 any more
       4.701  node 4  commits up to 7
status
       7.656  node 1  follower in term 3, log up to 7 of term 3, on disk 7, committed 7
       7.656  node 2  is down
       7.656  node 3  is down
       7.656  node 4  leader in term 3, log up to 7 of term 3, on disk 7, committed 7
members 1
       7.656  node 1  members of entry 6, committed: 1 votes,2 votes,4 votes
