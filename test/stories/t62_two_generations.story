# R2, T62. Three of five nodes start on their directories of an earlier cluster: the same name, ids
# and addresses, founded earlier. They elect a leader among themselves; but neither they nor the two
# others accept each other, because the cluster ids differ. The write that the five acknowledged is
# there when the right directories are back.

nodes 5
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 4  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 5  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 4  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 5  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
set 1 key0 acknowledged
       0.056  node 1  is asked (1): SET key0 acknowledged (12 bytes)
run 100
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 5  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 4  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
directory 3 earlier-cluster
       0.156  node 3  is killed
       0.156  node 3  its directory is now of an earlier cluster
       0.156  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
directory 4 earlier-cluster
       0.156  node 4  is killed
       0.156  node 4  its directory is now of an earlier cluster
       0.156  node 4  starts: term 1, vote 0, snapshot of 0, log 1 to 1
directory 5 earlier-cluster
       0.156  node 5  is killed
       0.156  node 5  its directory is now of an earlier cluster
       0.156  node 5  starts: term 1, vote 0, snapshot of 0, log 1 to 1
run 3000
       0.168  node 3  refuses node 2: cluster id differs between node 2 and node 3: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       0.171  node 4  refuses node 2: cluster id differs between node 2 and node 4: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       0.181  node 3  refuses node 1: cluster id differs between node 1 and node 3: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       0.187  node 4  refuses node 1: cluster id differs between node 1 and node 4: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       0.188  node 5  refuses node 2: cluster id differs between node 2 and node 5: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       0.191  node 5  refuses node 1: cluster id differs between node 1 and node 5: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       1.156  node 1  is follower in term 2, leader 0, log up to 3, committed 3
       2.471  node 2  is pre-candidate in term 2, leader 0, log up to 3, committed 3
       2.952  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 3
status
       3.156  node 1  pre-candidate in term 2, log up to 3 of term 2, on disk 3, committed 3
       3.156  node 2  pre-candidate in term 2, log up to 3 of term 2, on disk 3, committed 3
       3.156  node 3  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
       3.156  node 4  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
       3.156  node 5  leader in term 2, log up to 2 of term 2, on disk 2, committed 2
set 1 key0 nobody
       3.156  node 1  is asked (2): SET key0 nobody (6 bytes)
run 5000
       3.175  node 5  refuses node 2: cluster id differs between node 2 and node 5: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       3.184  node 4  refuses node 1: cluster id differs between node 1 and node 4: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       3.221  node 4  refuses node 2: cluster id differs between node 2 and node 4: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       3.226  node 3  refuses node 1: cluster id differs between node 1 and node 3: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       3.239  node 3  refuses node 2: cluster id differs between node 2 and node 3: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       3.252  node 5  refuses node 1: cluster id differs between node 1 and node 5: they belong to two clusters, although these have one name; after raftctl restore, give the other members the same --cluster-id
       8.156  node 1  answers (2): no leader with a quorum, index 0
       8.156  world   request 2 had no effect and will have none
directory 3 own
       8.156  node 3  is killed
       8.156  node 3  its own directory is brought back
directory 4 own
       8.156  node 4  is killed
       8.156  node 4  its own directory is brought back
directory 5 own
       8.156  node 5  is killed
       8.156  node 5  its own directory is brought back
run 3000
       8.156  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 3
       8.156  node 4  starts: term 2, vote 1, snapshot of 0, log 1 to 3
       8.156  node 5  starts: term 2, vote 1, snapshot of 0, log 1 to 3
       8.674  node 1  is candidate in term 3, leader 0, log up to 3, committed 3
       8.676  node 5  is follower in term 3, leader 0, log up to 3, committed 0
       8.676  node 4  is follower in term 3, leader 0, log up to 3, committed 0
       8.676  node 2  is follower in term 3, leader 0, log up to 3, committed 3
       8.676  node 3  is follower in term 3, leader 0, log up to 3, committed 0
       8.678  node 1  is leader in term 3, leader 1, log up to 4, committed 3
       8.679  node 5  is follower in term 3, leader 1, log up to 4, committed 3
       8.679  node 4  is follower in term 3, leader 1, log up to 4, committed 3
       8.679  node 3  is follower in term 3, leader 1, log up to 4, committed 3
       8.679  node 2  is follower in term 3, leader 1, log up to 4, committed 3
       8.681  node 1  commits up to 4
get 5 key0
      11.156  node 5  is asked (3): GET key0
run 50
      11.161  node 5  answers (3): done, index 4
      11.161  world   request 3 done: acknowledged
